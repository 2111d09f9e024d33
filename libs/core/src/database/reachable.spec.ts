import { Logger } from '@nestjs/common';
import { ConfigError } from '../config/config';
import { explain } from '../process/process';
import { DatabaseAwayError, reachable } from './reachable';

const url = 'postgres://carillon:secret@db.example.com/carillon';
const failure = (code: string, message = '') => Object.assign(new Error(message), { code });
const failing = (error: Error) => reachable(url, () => Promise.reject(error), 0);

describe('a database', () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  it.each([
    ['refuses', failure('ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.1:5432')],
    ['has no address yet', failure('ENOTFOUND', 'getaddrinfo ENOTFOUND db.example.com')],
    ['is silent', new Error('timeout expired')],
    ['ends the connection', new Error('Connection terminated unexpectedly')],
    ['starts', failure('57P03', 'the database system is starting up')],
    ['has no session to spare', failure('53300', 'sorry, too many clients already')],
  ])('that %s is away: not the configuration is wrong', async (_, error) => {
    const away = failing(error);
    await expect(away).rejects.toThrow(DatabaseAwayError);
    await expect(away).rejects.toThrow(
      `The database at db.example.com:5432 can't be reached: ${error.message}`,
    );
    await expect(away).rejects.not.toThrow(/secret|carillon:/);
  });

  it('that is away ends a start with a code of its own', async () => {
    const error = await failing(failure('ECONNREFUSED')).catch((caught: unknown) => caught);
    const said = jest.spyOn(console, 'error').mockImplementation();
    expect(explain(error)).toBe(69);
    expect(said.mock.calls).toEqual([
      ["The database at db.example.com:5432 can't be reached: ECONNREFUSED"],
    ]);
    said.mockRestore();
  });

  it.each(['28P01', '28000', '3D000'])('that says %s is not waited for', async (code) => {
    await expect(reachable(url, () => Promise.reject(failure(code, 'no')))).rejects.toThrow(
      ConfigError,
    );
  });

  it('that comes back in time is used', async () => {
    const answers = [failure('57P03'), failure('ECONNREFUSED')];
    const connect = () => {
      const error = answers.shift();
      return error === undefined ? Promise.resolve('connected') : Promise.reject(error);
    };
    expect(await reachable(url, connect)).toBe('connected');
  });
});
