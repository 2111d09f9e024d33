import { Accusations, type Accuser, type Weight } from '@app/devices';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AnswerWindow, type LaneKey, type LaneWindow } from './answer-window';
import { type LaneTally, windowMinutes } from './lane-tally';

/** Fewer doubtful users than this accuse nobody but their own devices. */
export const manyUsers = 10;

/** So many dead tokens at once did not die by themselves. */
const manyDead = 20;

/** The accepted answers for each doubtful one at which the doubtful count as few. */
const acceptedForEach = 4;

/** A judgement about whom doubtful answers accuse, and what answers may do to devices. */
export interface Verdict {
  /** Whether most of the lane is refused, which is our fault. */
  readonly accusesLane: boolean;
  readonly accuser: Accuser;
  readonly doubtfulWeighs: Weight;
  readonly deadWeighs: Weight;
}

/**
 * Judges answers that a fault of one device and a fault of ours share (BadDeviceToken is said of a dead token and of a
 * wrong environment alike) by what the whole lane was answered: within the last ten minutes in all processes, and in the
 * latest run of answers in this one. Users count, not devices, so that nobody's own devices decide over the others'.
 *
 * | within the window                                 | the delivery          | the device                          | the lane      |
 * |---------------------------------------------------|-----------------------|-------------------------------------|---------------|
 * | ten users or more, and more than accepted devices | stays pending         | kept, and no longer suspect         | breaker opens |
 * | more than a quarter of the accepted devices       | fails the second time | suspect then                        | goes on       |
 * | fewer                                             | fails the second time | suspect then; retired by a later one| goes on       |
 *
 * The second time is some seconds after the first, so that a burst which ends by itself costs nobody a message.
 */
@Injectable()
export class Doubt {
  constructor(
    private readonly dataSource: DataSource,
    private readonly window: AnswerWindow,
    private readonly accusations: Accusations,
  ) {}

  tallyOf(lane: LaneKey): LaneTally {
    return this.window.tallyOf(lane);
  }

  /** Tells whether a run of answers is worth a judgement now. */
  isAlarming(tally: LaneTally): boolean {
    return new Set(tally.runOf('doubtful')).size >= manyUsers;
  }

  /** Judges answers. @param doubtful the devices of those not judged yet; what the lane was answered is noted already */
  async judge(lane: LaneKey, doubtful: readonly string[]): Promise<Verdict> {
    const tally = this.window.tallyOf(lane);
    const run = tally.runOf('doubtful');
    const users = await this.usersOf([...doubtful, ...run]);
    const userOf = (deviceId: string) => users.get(deviceId) ?? deviceId;
    tally.markUsers(doubtful.map(userOf));
    await this.window.store();
    const [window] = await this.window.of([lane]);
    if (window === undefined) throw new Error('A lane without a window');

    const inRun = new Set(run.map(userOf)).size;
    const accusesLane =
      doubtful.length > 0 && (window.isOpen || inRun >= manyUsers || accuses(window));
    if (accusesLane) {
      tally.endRun();
      await this.window.forget(lane);
      await this.accusations.drop(lane.applicationId, lane.realm, windowMinutes);
    }
    const { firstAcceptedAt, lastAcceptedAt, doubtfulUsers, acceptedDevices, dead } = window;
    const few = doubtfulUsers * acceptedForEach <= acceptedDevices;
    const manyDie =
      tally.runOf('dead').length >= manyDead || (dead >= manyDead && dead > acceptedDevices);
    return {
      accusesLane,
      accuser: { realm: lane.realm, firstAcceptedAt, lastAcceptedAt },
      doubtfulWeighs: few ? 'suspected' : 'noted',
      deadWeighs: accusesLane || manyDie ? 'suspected' : 'dead',
    };
  }

  /** Finds one user of each device; a device without a user stands for itself. */
  async usersOf(deviceIds: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.dataSource.query<{ device_id: string; user_id: string }[]>(
      'SELECT device_id, min(user_id) AS user_id FROM activations WHERE device_id = ANY ($1::bigint[]) GROUP BY 1',
      [deviceIds],
    );
    return new Map(rows.map(({ device_id, user_id }) => [device_id, `user ${user_id}`]));
  }
}

function accuses({ doubtfulUsers, acceptedDevices }: LaneWindow): boolean {
  return doubtfulUsers >= manyUsers && doubtfulUsers > acceptedDevices;
}
