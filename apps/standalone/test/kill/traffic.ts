import { setTimeout as sleep } from 'node:timers/promises';
import { Caller, type Tally } from './caller';
import type { Plan } from './plan';
import { Random } from './random';
import { applicationId, type Room, userName } from './room';

/** One message that was asked for under a key, and what the API made of it. */
export interface Sending {
  /** No other message has it. */
  readonly title: string;
  readonly kind: 'notification' | 'campaign';
  readonly users: readonly number[];
  /** The id that the answer gave, of the notification or of the campaign. */
  readonly id?: string;
}

const sendOne = `mutation ($input: SendNotificationInput!) { sendNotification(input: $input) { id } }`;
const sendMany = `mutation ($inputs: [SendNotificationInput!]!) { sendNotifications(inputs: $inputs) { id } }`;
const create = `mutation ($input: CreateCampaignInput!) { createCampaign(input: $input) { id } }`;
const addUsers = `mutation ($id: ID!, $userIds: [String!]!) { addCampaignUsers(id: $id, userIds: $userIds) { added } }`;
const launch = `mutation ($id: ID!) { launchCampaign(id: $id) { id } }`;

const body = 'Your balance is now $745.00';

/** What many callers ask for at once, each request under a key. */
export class Traffic {
  readonly tally: Tally = { requests: 0, attempts: 0, replayed: 0, longestMs: 0 };
  readonly sendings: Sending[] = [];
  /** The requests that were refused, or that nobody answered. */
  readonly refusals: string[] = [];

  static async of(plan: Plan, room: Room, urls: readonly string[]): Promise<Traffic> {
    const traffic = new Traffic(plan);
    for (const operator of room.operators) {
      traffic.callers.push(await Caller.signIn(urls, operator, traffic.tally));
    }
    return traffic;
  }

  private readonly callers: Caller[] = [];

  private constructor(private readonly plan: Plan) {}

  /** How many of the callers' requests have been answered, or given up. */
  answers = 0;

  /** Resolves when that are all of them, the campaigns' included. */
  async flow(): Promise<void> {
    const { campaigns, callers } = this.plan;
    await Promise.all([
      ...campaigns.map((users, n) => this.campaign(n, users)),
      ...Array.from({ length: callers }, (_, n) => this.notifications(n)),
    ]);
  }

  /** Several callers may be the same operator; their keys differ. Other operators use the same keys. */
  private operator(n: number): Caller {
    const caller = this.callers[n % this.callers.length];
    if (caller === undefined) throw new Error('Nobody has signed in');
    return caller;
  }

  private async campaign(n: number, users: number): Promise<void> {
    const random = new Random(this.plan.seed, `campaign ${n}`);
    const caller = this.operator(n);
    const key = `campaign-${Math.floor(n / this.callers.length)}`;
    const title = `Campaign ${n}`;
    const audience = Array.from({ length: users }, (_, user) => user);
    await sleep(random.whole(0, 1_500));
    await this.attempt(async () => {
      const input = { applicationId, name: title, message: { title, body } };
      const created = await caller.mutate<{ createCampaign: { id: string } }>(
        `${key}-create`,
        create,
        { input },
      );
      const { id } = created.createCampaign;
      const userIds = audience.map(userName);
      const added = await caller.mutate<{ addCampaignUsers: { added: number } }>(
        `${key}-users`,
        addUsers,
        { id, userIds },
      );
      if (added.addCampaignUsers.added !== users) {
        this.refusals.push(`${title}: ${added.addCampaignUsers.added} of ${users} users added`);
      }
      this.sendings.push({ title, kind: 'campaign', users: audience, id });
      await caller.mutate(`${key}-launch`, launch, { id });
    });
  }

  private async notifications(n: number): Promise<void> {
    const random = new Random(this.plan.seed, `caller ${n}`);
    const caller = this.operator(n);
    for (let turn = 0; turn < this.plan.requests; turn++) {
      const key = `caller-${Math.floor(n / this.callers.length)}-${turn}`;
      const title = `Notification ${n}-${turn}`;
      const user = () => random.whole(0, this.plan.users - 1);
      const luck = random.fraction();
      await this.attempt(async () => {
        if (luck < 0.6) await this.one(caller, key, title, user());
        else if (luck < 0.8) {
          await this.many(caller, key, title, Array.from({ length: random.whole(2, 5) }, user));
        } else await this.legacy(caller, key, title, user());
      });
      this.answers++;
      await sleep(random.whole(0, 400));
    }
  }

  private async one(caller: Caller, key: string, title: string, user: number): Promise<void> {
    const input = inputOf(title, user);
    const { sendNotification } = await caller.mutate<{ sendNotification: { id: string } }>(
      key,
      sendOne,
      { input },
    );
    this.note(title, user, sendNotification.id);
  }

  private async many(
    caller: Caller,
    key: string,
    title: string,
    users: readonly number[],
  ): Promise<void> {
    const titles = users.map((_, place) => `${title} (${place})`);
    const inputs = users.map((user, place) => inputOf(titles[place] ?? '', user));
    const { sendNotifications } = await caller.mutate<{ sendNotifications: { id: string }[] }>(
      key,
      sendMany,
      { inputs },
    );
    for (const [place, user] of users.entries()) {
      this.note(titles[place] ?? '', user, sendNotifications[place]?.id);
    }
  }

  /** Sends a message as a back end that knows PowerAuth Push does. */
  private async legacy(caller: Caller, key: string, title: string, user: number): Promise<void> {
    await caller.post(key, '/push/message/send', {
      appId: applicationId,
      message: { userId: userName(user), body: { title, body } },
    });
    this.note(title, user);
  }

  private note(title: string, user: number, id?: string): void {
    this.sendings.push({
      title,
      kind: 'notification',
      users: [user],
      ...(id !== undefined && { id }),
    });
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.refusals.push(error instanceof Error ? error.message : String(error));
    }
  }
}

const inputOf = (title: string, user: number) => ({
  applicationId,
  userId: userName(user),
  message: { title, body },
});
