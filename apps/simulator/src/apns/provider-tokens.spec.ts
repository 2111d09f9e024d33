import {
  HandClock,
  Http2Client,
  alert,
  device,
  ecSigner,
  providerToken,
  topic,
} from '../../test/clients';
import { Simulator } from '../simulator';

const minuteMs = 60_000;
const signer = ecSigner();
let clock: HandClock;
let simulator: Simulator;
let clients: Http2Client[];

beforeEach(async () => {
  clock = new HandClock();
  clients = [];
  simulator = await Simulator.start({ clock });
});
afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await simulator.close();
});

function connection() {
  const client = new Http2Client(simulator.apnsUrl, simulator.ca);
  clients.push(client);
  return async (authorization: string) => {
    const headers = { authorization, 'apns-topic': topic };
    const { status, text } = await client.send(`/3/device/${device(1)}`, headers, alert);
    return text === '' ? status : (JSON.parse(text) as { reason: string }).reason;
  };
}

function register(keyId = 'KEYID12345') {
  const { publicKeyPem } = signer;
  simulator.accounts.registerApnsKey({ teamId: 'TEAMID1234', keyId, publicKeyPem });
}

describe('a provider token', () => {
  it('of a team without registered keys is trusted when it is well formed', async () => {
    expect(await connection()(await providerToken(ecSigner(), clock))).toBe(200);
  });

  it.each([
    ['a key id of nine characters', { keyId: 'KEYID1234' }],
    ['a team id of nine characters', { teamId: 'TEAMID123' }],
  ])('with %s is invalid', async (_what, claims) => {
    const token = await providerToken(signer, clock, claims);
    expect(await connection()(token)).toBe('InvalidProviderToken');
  });

  it('of a registered team must be signed with its key', async () => {
    register();
    const send = connection();
    expect(await send(await providerToken(ecSigner(), clock))).toBe('InvalidProviderToken');
    expect(await send(await providerToken(signer, clock))).toBe(200);
  });

  it('with a key id that the team does not have is invalid', async () => {
    register();
    const token = await providerToken(signer, clock, { keyId: 'UNKNOWN123' });
    expect(await connection()(token)).toBe('InvalidProviderToken');
  });

  it('is expired after an hour, also in mid-connection', async () => {
    const send = connection();
    const token = await providerToken(signer, clock);
    expect(await send(token)).toBe(200);
    clock.advance(60 * minuteMs);
    expect(await send(token)).toBe(200);
    clock.advance(1000);
    expect(await send(token)).toBe('ExpiredProviderToken');
  });

  it('of another team does not fit a used connection', async () => {
    const send = connection();
    expect(await send(await providerToken(signer, clock))).toBe(200);
    const other = await providerToken(signer, clock, { teamId: 'TEAMID5678' });
    expect(await send(other)).toBe('InvalidProviderToken');
    expect(await connection()(other)).toBe(200);
  });

  it('of another key does not fit a used connection', async () => {
    const send = connection();
    expect(await send(await providerToken(signer, clock))).toBe(200);
    const other = await providerToken(signer, clock, { keyId: 'KEYID67890' });
    expect(await send(other)).toBe('UnrelatedKeyIdInToken');
    expect(await connection()(other)).toBe(200);
  });

  it('may be replaced once in 20 minutes, wherever it is used', async () => {
    const first = await providerToken(signer, clock, { ageMs: minuteMs });
    const second = await providerToken(signer, clock);
    expect(await connection()(first)).toBe(200);
    expect(await connection()(second)).toBe('TooManyProviderTokenUpdates');
    expect(await connection()(first)).toBe(200);
    clock.advance(20 * minuteMs);
    expect(await connection()(second)).toBe(200);
  });

  it('may be replaced more often where the simulator is told so', async () => {
    await simulator.close();
    simulator = await Simulator.start({ clock, apns: { tokenUpdatesPer20Minutes: 2 } });
    const send = connection();
    for (const [ageMs, answer] of [
      [3000, 200],
      [2000, 200],
      [1000, 'TooManyProviderTokenUpdates'],
    ] as const) {
      expect(await send(await providerToken(signer, clock, { ageMs }))).toBe(answer);
    }
  });

  it('stays the same token when its team registers a key later', async () => {
    const token = await providerToken(signer, clock);
    expect(await connection()(token)).toBe(200);
    register();
    expect(await connection()(token)).toBe(200);
  });
});

it('refuses to register what is no P-256 public key', () => {
  const register = (publicKeyPem: string) => () => {
    simulator.accounts.registerApnsKey({ teamId: 'T', keyId: 'K', publicKeyPem });
  };
  expect(register('nonsense')).toThrow('publicKeyPem must be a PEM public key on the curve P-256');
});
