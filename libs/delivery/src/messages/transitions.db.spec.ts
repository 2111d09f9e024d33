import { type MessageState, messageStates, Messages } from '@app/delivery';
import { Carillon } from '@app/testing/harness';
import { DataSource } from 'typeorm';
import type { Transition } from './transitions';

const past = new Date('2026-01-01T00:00:00Z');

/** Where each transition leads to from the states that allow it. */
const allowed: Record<Transition, Partial<Record<MessageState, MessageState>>> = {
  launch: { draft: 'planning' },
  planAgain: { draft: 'planning', running: 'planning', completed: 'planning' },
  run: { planning: 'running' },
  pause: { running: 'paused' },
  resume: { paused: 'running' },
  cancel: { planning: 'cancelled', running: 'cancelled', paused: 'cancelled' },
  complete: { running: 'completed' },
};

describe('the state of a message', () => {
  let carillon: Carillon;
  let messages: Messages;
  let id: string;

  beforeAll(async () => {
    carillon = await Carillon.start();
    messages = carillon.get(Messages);
    const applicationId = await carillon.createApplication();
    const content = { title: 'Hello', silent: false };
    const input = { applicationId, content, personal: false, priority: 'campaign' } as const;
    ({ id } = await messages.create(carillon.get(DataSource).manager, input));
  });
  afterAll(() => carillon.close());

  const put = (state: MessageState, launchedAt: Date | null, completedAt: Date | null) =>
    carillon.sql(
      'UPDATE messages SET state = $2, launched_at = $3, completed_at = $4 WHERE id = $1',
      [id, state, launchedAt, completedAt],
    );
  const change = (verb: Transition) => messages.change(carillon.get(DataSource).manager, id, verb);

  describe.each(Object.keys(allowed) as Transition[])('by %s', (verb) => {
    it.each(messageStates)('leaves %s for where it leads to, or refuses', async (state) => {
      await put(state, null, null);
      const to = allowed[verb][state];
      const changing = change(verb);
      if (to !== undefined) await changing;
      else {
        const message = `Can't ${verb} what is ${state}`;
        await expect(changing).rejects.toMatchObject({ code: 'WRONG_STATE', message });
      }
      expect((await messages.get(id)).state).toBe(to ?? state);
    });
  });

  it('has the moment of its launch when it is planned, or run without a launch', async () => {
    const unlaunched: [Transition, MessageState][] = [
      ['launch', 'draft'],
      ['run', 'planning'],
    ];
    for (const [verb, state] of unlaunched) {
      await put(state, null, null);
      await change(verb);
      expect((await messages.get(id)).launchedAt).toEqual(expect.any(Date));
    }
  });

  it('keeps that moment when it is run, paused and resumed, and gets another when it is planned again', async () => {
    await put('planning', past, null);
    for (const verb of ['run', 'pause', 'resume'] as const) {
      await change(verb);
      expect((await messages.get(id)).launchedAt).toEqual(past);
    }
    await put('completed', past, past);
    await change('planAgain');
    const { launchedAt, completedAt } = await messages.get(id);
    expect(launchedAt).not.toEqual(past);
    expect(completedAt).toBeNull();
  });
});
