import { inputPath } from './name-inputs';

const message = { title: 'Hello', badge: -1, extras: { badge: 1, aps: {} } };

describe('a wrong input is named as the caller wrote it', () => {
  it.each<{ args: object; field: string; path: string }>([
    { args: { id: '1', name: '' }, field: 'name', path: 'name' },
    { args: { input: { name: '', message } }, field: 'name', path: 'input.name' },
    { args: { input: { message } }, field: 'badge', path: 'input.message.badge' },
    { args: { input: { message } }, field: 'extras.aps', path: 'input.message.extras.aps' },
    { args: { input: { message } }, field: 'message.extras', path: 'input.message.extras' },
    { args: { input: { message } }, field: 'input.message.badge', path: 'input.message.badge' },
    { args: { input: { message } }, field: 'userId', path: 'input.userId' },
    {
      args: { inputs: [{ message: {} }, { message }] },
      field: '1.badge',
      path: 'inputs.1.message.badge',
    },
    { args: { inputs: [{ message }] }, field: '0', path: 'inputs.0' },
    { args: { inputs: [] }, field: 'inputs', path: 'inputs' },
    { args: { id: 'x' }, field: 'profile', path: 'profile' },
  ])('$field is $path', ({ args, field, path }) => {
    expect(inputPath(args, field)).toBe(path);
  });
});
