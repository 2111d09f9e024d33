import type { DeliveryState } from '@app/delivery';
import type { Plan } from './plan';
import { deviceOf, type Room } from './room';
import type { Sending } from './traffic';
import { until } from './until';

interface StoredMessage {
  readonly id: string;
  readonly title: string;
  readonly state: string;
  readonly campaignId: string | null;
  readonly deliveries: Readonly<Partial<Record<DeliveryState, number>>>;
  /** The deliveries as the chunks count them. */
  readonly counts: Readonly<Partial<Record<DeliveryState | 'total', number>>>;
}

const messagesStatement = `
  SELECT id, content ->> 'title' AS title, state, campaign_id::text AS "campaignId",
    coalesce((SELECT json_object_agg(state, total) FROM (
      SELECT deliveries.state, count(*) AS total FROM deliveries WHERE message_id = messages.id GROUP BY 1) AS of_state), '{}') AS deliveries,
    (SELECT json_build_object('total', sum(size), 'accepted', sum(accepted), 'failed', sum(failed), 'skipped', sum(skipped), 'expired', sum(expired))
      FROM chunks WHERE message_id = messages.id) AS counts
  FROM messages LEFT JOIN (SELECT id AS campaign_id, message_id FROM campaigns) AS campaign ON message_id = messages.id`;

const unfinishedStatement = `
  SELECT (SELECT count(*) FROM messages WHERE state NOT IN ('draft', 'completed', 'cancelled'))::int AS messages,
    (SELECT count(*) FROM deliveries WHERE state = 'pending')::int AS deliveries,
    (SELECT json_agg(lanes) FROM (SELECT gateway, paused_until, pause_reason, open_reason, probe_at FROM lanes) AS lanes) AS lanes`;

interface Unfinished {
  readonly messages: number;
  readonly deliveries: number;
  readonly lanes: unknown;
}

/** Answers that a fault of a device and one of ours share. */
const doubtful = ['BadDeviceToken', 'SENDER_ID_MISMATCH'];

/** In each worker so many users' deliveries may fail by such answers before they are enough to accuse the lane. */
const usersBeforeDoubt = 9;

/** Compares what was promised with what is stored, and with what is on the screens. */
export class Invariants {
  readonly broken: string[] = [];

  constructor(
    private readonly room: Room,
    private readonly plan: Plan,
    private readonly database: string,
  ) {}

  /** Waits until nothing is under way. */
  async allFinal(withinMs: number): Promise<void> {
    let last: Unfinished | undefined;
    const done = await until(
      async () => {
        [last] = await this.room.postgres.query<Unfinished>(unfinishedStatement, this.database);
        return last?.messages === 0 && last.deliveries === 0 ? true : undefined;
      },
      withinMs,
      500,
    );
    if (done === undefined) {
      this.broken.push(`lost: not final after ${withinMs / 1000} s: ${JSON.stringify(last)}`);
    }
  }

  /** Every request took effect, once, and its answer names what it made. */
  async doneOnce(sendings: readonly Sending[]): Promise<void> {
    const stored = await this.stored();
    for (const { title, kind, users, id } of sendings) {
      const made = stored.get(title) ?? [];
      const [message] = made;
      if (message === undefined || made.length > 1) {
        this.broken.push(`done once: ${made.length} messages for "${title}"`);
        continue;
      }
      const madeId = kind === 'campaign' ? message.campaignId : message.id;
      if (id !== undefined && id !== madeId) {
        this.broken.push(
          `done once: the answer for "${title}" names ${id}, stored is ${madeId ?? ''}`,
        );
      }
      this.addsUp(message, users);
    }
    const asked = new Set(sendings.map(({ title }) => title));
    for (const title of stored.keys()) {
      if (!asked.has(title)) this.broken.push(`done once: nobody got an answer for "${title}"`);
    }
  }

  /** What is on every screen: each message once where it was accepted, and no other. @returns messages on screens */
  async seenOnce(sendings: readonly Sending[]): Promise<number> {
    const lost = new Set(this.plan.lost);
    const givenUp = await this.givenUp();
    const expected = new Map<number, string[]>();
    for (const { title, users } of sendings) {
      for (const user of users) {
        const isGivenUp = givenUp.has(`${deviceOf(user).token} ${title}`);
        expected.set(user, [...(expected.get(user) ?? []), ...(isGivenUp ? [] : [title])]);
      }
    }
    let seen = 0;
    for (const [user, titles] of expected) {
      const { gateway, token } = deviceOf(user);
      const screen = (await this.room.gateways.screen(gateway, token)).map(({ title }) => title);
      seen += screen.length;
      if (lost.has(user)) continue;
      const shown = [...screen].sort().join(', ');
      const wanted = [...titles].sort().join(', ');
      if (shown !== wanted) {
        this.broken.push(`seen once: user ${user} sees [${shown}], wanted [${wanted}]`);
      }
    }
    return seen;
  }

  /** Devices that have lost the app, and were told so, are retired, and no others. */
  async retiredRightly(sendings: readonly Sending[]): Promise<number> {
    const givenUp = await this.givenUp();
    const addressed = new Set(
      sendings.flatMap(({ title, users }) =>
        users.filter((user) => !givenUp.has(`${deviceOf(user).token} ${title}`)),
      ),
    );
    const gone = new Set(
      this.plan.lost.filter((user) => addressed.has(user)).map((user) => deviceOf(user).token),
    );
    const retired = await this.room.postgres.query<{ token: string; reason: string }>(
      'SELECT token, retired_reason AS reason FROM devices WHERE retired_at IS NOT NULL',
      this.database,
    );
    for (const { token, reason } of retired) {
      if (!gone.delete(token)) this.broken.push(`retired: ${token} for ${reason}, which was well`);
    }
    for (const token of gone) this.broken.push(`retired: ${token} was not, though its app is gone`);
    return retired.length;
  }

  /** Only who lost the app gets nothing. @returns deliveries, by their states */
  async deliveries(): Promise<Readonly<Record<string, number>>> {
    const lost = this.plan.lost.map((user) => deviceOf(user).token);
    const odd = await this.room.postgres.query<{ state: string; reason: string; total: number }>(
      `SELECT deliveries.state, reason, count(DISTINCT token)::int AS total
       FROM deliveries JOIN devices ON devices.id = device_id
       WHERE deliveries.state <> 'accepted' AND token <> ALL ($1::text[]) GROUP BY 1, 2`,
      this.database,
      [lost],
    );
    for (const { state, reason, total } of odd) {
      const few = total <= usersBeforeDoubt * this.plan.clocks.length;
      if (state === 'failed' && this.accusesWrongly(reason) && few) continue;
      this.broken.push(`lost: deliveries to ${total} good devices are ${state} (${reason})`);
    }
    const totals = await this.room.postgres.query<{ state: string; total: number }>(
      'SELECT state, count(*)::int AS total FROM deliveries GROUP BY 1',
      this.database,
    );
    return Object.fromEntries(totals.map(({ state, total }) => [state, total]));
  }

  /** Tells whether the gateways said so of devices that were well. */
  private accusesWrongly(reason: string): boolean {
    return doubtful.includes(reason) && JSON.stringify(this.plan.strikes).includes(reason);
  }

  /** Lists what failed by such an answer, as token and title. */
  private async givenUp(): Promise<ReadonlySet<string>> {
    const rows = await this.room.postgres.query<{ token: string; title: string; reason: string }>(
      `SELECT token, content ->> 'title' AS title, reason FROM deliveries
       JOIN devices ON devices.id = device_id JOIN messages ON messages.id = message_id
       WHERE deliveries.state = 'failed'`,
      this.database,
    );
    return new Set(
      rows
        .filter(({ reason }) => this.accusesWrongly(reason))
        .map(({ token, title }) => `${token} ${title}`),
    );
  }

  private async stored(): Promise<ReadonlyMap<string, StoredMessage[]>> {
    const rows = await this.room.postgres.query<StoredMessage>(messagesStatement, this.database);
    const stored = new Map<string, StoredMessage[]>();
    for (const row of rows) stored.set(row.title, [...(stored.get(row.title) ?? []), row]);
    return stored;
  }

  /** One delivery for each device but those that were retired before, and the chunks count what the deliveries say. */
  private addsUp(
    { title, state, deliveries, counts }: StoredMessage,
    users: readonly number[],
  ): void {
    if (state !== 'completed') this.broken.push(`lost: "${title}" is ${state}`);
    const total = Object.values(deliveries).reduce((sum, part) => sum + part, 0);
    const good = users.filter((user) => !this.plan.lost.includes(user)).length;
    if (total < good || total > users.length) {
      this.broken.push(`lost: "${title}" has ${total} deliveries for ${users.length} devices`);
    }
    for (const final of ['accepted', 'failed', 'skipped', 'expired'] as const) {
      if ((deliveries[final] ?? 0) !== (counts[final] ?? 0)) {
        this.broken.push(
          `counts: "${title}" counts ${counts[final] ?? 0} ${final}, has ${deliveries[final] ?? 0}`,
        );
      }
    }
  }
}
