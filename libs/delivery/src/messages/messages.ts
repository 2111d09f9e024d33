import { randomUUID } from 'node:crypto';
import { differences } from '@app/audit';
import { ApplicationNotFoundError, constraintOf, listsBy, oneBy, preparedQuery } from '@app/core';
import { type MessageContent, validateContent } from '@app/push';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { opaque } from './content-column';
import { type DeliveryCounts, nothingYet, sqlCounts } from './delivery-counts';
import { type DeliveryState, mayHaveBeenShown } from './delivery.entity';
import { Message, type MessagePriority } from './message.entity';
import { MessageNotFoundError, WrongStateError } from './messages.errors';
import { assertChangeable, sqlDo, sqlMay, type Transition } from './transitions';

/** How many deliveries are in a state, other than accepted, for a reason. */
export interface ReasonCount {
  readonly state: DeliveryState;
  readonly reason: string;
  readonly count: number;
}

export interface MessageInput {
  readonly applicationId: number;
  readonly priority: MessagePriority;
  readonly content: MessageContent;
  readonly personal: boolean;
}

/**
 * Messages and the state of their sending. Nobody's permission is asked here: a message comes to people through the
 * campaign or the notification that owns it, and their services know who may.
 */
@Injectable()
export class Messages {
  /** The last message that `completeDone` looked at. */
  private lookedAt = nil;

  constructor(private readonly dataSource: DataSource) {}

  /**
   * Creates a draft.
   * @throws InvalidMessageError when a gateway would refuse the content for every device, ApplicationNotFoundError
   */
  async create(manager: EntityManager, input: MessageInput): Promise<Message> {
    validateContent(input.content);
    const message = Object.assign(new Message(), {
      id: randomUUID(),
      state: 'draft',
      launchedAt: null,
      ...input,
      content: opaque(input.content),
    });
    try {
      return await manager.save(message);
    } catch (error) {
      if (constraintOf(error) !== 'messages_application_fkey') throw error;
      throw new ApplicationNotFoundError(input.applicationId); // removed a moment ago
    }
  }

  /** Returns a message. @throws MessageNotFoundError */
  async get(id: string): Promise<Message> {
    const message = await this.dataSource.manager.findOneBy(Message, { id });
    if (message === null) throw new MessageNotFoundError(id);
    return message;
  }

  /** @throws WrongStateError, MessageNotFoundError */
  async change(manager: EntityManager, id: string, verb: Transition): Promise<void> {
    if (await this.changeIfAllowed(manager, id, verb)) return;
    const message = await manager.findOneBy(Message, { id });
    if (message === null) throw new MessageNotFoundError(id);
    throw new WrongStateError(verb, message.state);
  }

  /** @returns whether the message was there, in a state that allows it */
  async changeIfAllowed(manager: EntityManager, id: string, verb: Transition): Promise<boolean> {
    const [, changed] = await manager.query<[unknown, number]>(
      `${sqlDo(verb)} WHERE id = $1 AND ${sqlMay(verb)}`,
      [id],
    );
    return changed === 1;
  }

  /**
   * Launches a draft, and plans again what was launched before, in the caller's transaction.
   * @returns whether there is something to plan
   */
  async planAgain(manager: EntityManager, id: string): Promise<boolean> {
    // A plan under way ends first: it may have missed who joined.
    await manager.query('SELECT FROM messages WHERE id = $1 FOR UPDATE', [id]);
    return this.changeIfAllowed(manager, id, 'planAgain');
  }

  /**
   * Changes what a draft says. @returns whether it said anything else before
   * @throws InvalidMessageError, WrongStateError, MessageNotFoundError
   */
  async revise(
    manager: EntityManager,
    id: string,
    { content, personal }: Pick<MessageInput, 'content' | 'personal'>,
  ): Promise<boolean> {
    validateContent(content);
    const message = await manager.findOne(Message, {
      where: { id },
      lock: { mode: 'pessimistic_write' },
    });
    if (message === null) throw new MessageNotFoundError(id);
    assertChangeable(message);
    const changes = { content: opaque(content), personal };
    if (differences(message, changes, ['content', 'personal']) === undefined) return false;
    await manager.save(Object.assign(message, changes));
    return true;
  }

  /** Completes a running message whose chunks are all finished. */
  async completeIfDone(manager: EntityManager, id: string): Promise<void> {
    await manager.query(completeOneStatement, [id]);
  }

  /** Completes messages that a crash kept from being completed: of the next that run, at the end of the first again. */
  async completeDone(): Promise<void> {
    const [last] = await this.dataSource.query<{ id: string }[]>(completeNextStatement, [
      this.lookedAt,
    ]);
    this.lookedAt = last?.id ?? nil;
  }

  /**
   * Ends what cancelled messages have not sent. A chunk that a worker has in hand is left to it: what is under way gets
   * its real outcome, and the rest is ended at the next call.
   */
  async endCancelled(): Promise<void> {
    let ended: number;
    do {
      [, ended] = await this.dataSource.query<[unknown, number]>(endCancelledStatement, [
        cancelledAtOnce,
      ]);
    } while (ended === cancelledAtOnce);
  }

  async counts(id: string): Promise<DeliveryCounts> {
    return (await this.countsOf([id])).get(id) ?? nothingYet;
  }

  /** Counts the deliveries of several messages at once, by state; a message without deliveries has zeros. */
  async countsOf(ids: readonly string[]): Promise<Map<string, DeliveryCounts>> {
    const rows = await preparedQuery<DeliveryCounts & { readonly id: string }>(
      this.dataSource.manager,
      `SELECT message_id AS id, ${sqlCounts} FROM chunks WHERE message_id = ANY ($1::uuid[]) GROUP BY 1`,
      [ids],
    );
    return oneBy(ids, rows, ({ id, ...counts }) => [id, counts], nothingYet);
  }

  /** Counts the deliveries that are not accepted, by state and reason, most frequent first. */
  async reasons(id: string): Promise<ReasonCount[]> {
    return (await this.reasonsOf([id])).get(id) ?? [];
  }

  /** Counts the reasons of several messages at once, without a look at chunks that are accepted as a whole. */
  async reasonsOf(ids: readonly string[]): Promise<Map<string, ReasonCount[]>> {
    const rows = await this.dataSource.query<(ReasonCount & { readonly id: string })[]>(
      `SELECT chunks.message_id AS id, unlucky.state, unlucky.reason, count(*)::int AS count
       FROM chunks CROSS JOIN LATERAL (
         SELECT state, reason FROM deliveries
         WHERE deliveries.message_id = chunks.message_id AND deliveries.gateway = chunks.gateway
           AND seq >= first_seq AND seq < first_seq + size AND reason IS NOT NULL OFFSET 0) AS unlucky
       WHERE chunks.message_id = ANY ($1::uuid[]) AND accepted < size
       GROUP BY 1, 2, 3 ORDER BY 4 DESC, 2, 3`,
      [ids],
    );
    return listsBy(ids, rows, ({ id, ...reason }) => [id, reason]);
  }
}

/**
 * Completes messages of which nothing is left to do. One that is planned again while this waits for it has another
 * launch, and chunks that this does not see.
 * @param running a query of the `(id, launched_at)` of some that run
 */
const completeStatement = (running: string) => `
  ${sqlDo('complete')}
  FROM (
    SELECT id, launched_at FROM (${running}) AS running
    WHERE NOT EXISTS (SELECT FROM chunks WHERE message_id = running.id AND state <> 'finished')
  ) AS done
  WHERE messages.id = done.id AND ${sqlMay('complete')} AND messages.launched_at = done.launched_at`;

const completeOneStatement = completeStatement(
  `SELECT id, launched_at FROM messages WHERE ${sqlMay('complete')} AND id = $1`,
);

/** How many messages are looked at together, so that a look takes as long when many run as when few do. */
const lookedAtOnce = 500;

/** The id before all others. */
const nil = '00000000-0000-0000-0000-000000000000';

/** Completes those of the first that run after $1. @returns the last of them, unless there are no more */
const completeNextStatement = `
  WITH looked AS (
    SELECT id, launched_at FROM messages WHERE ${sqlMay('complete')} AND id > $1 ORDER BY id LIMIT ${lookedAtOnce}
  ), completed AS (${completeStatement('SELECT * FROM looked')})
  SELECT id FROM looked ORDER BY id OFFSET ${lookedAtOnce - 1}`;

/** How many chunks of cancelled messages one statement ends. */
const cancelledAtOnce = 100;

/** The pass that died may have sent what was due then. */
const isInDoubt =
  '(deliveries.in_doubt OR has_doubt AND (deliveries.retry_at IS NULL OR deliveries.retry_at <= now()))';

const endCancelledStatement = `
  WITH stopped AS (
    SELECT message_id, gateway, number, first_seq, size, in_doubt OR chunks.state = 'working' AS has_doubt
    FROM messages CROSS JOIN LATERAL (
      SELECT * FROM chunks
      WHERE message_id = messages.id AND state <> 'finished' AND (state <> 'working' OR wake_at <= now())
      LIMIT $1 FOR UPDATE SKIP LOCKED) AS chunks
    WHERE messages.state = 'cancelled'
    LIMIT $1
  ), ended AS (
    UPDATE deliveries SET retry_at = NULL, finished_at = now(),
      state = CASE WHEN ${isInDoubt} THEN '${mayHaveBeenShown.state}' ELSE 'skipped' END::delivery_state,
      reason = CASE WHEN ${isInDoubt} THEN '${mayHaveBeenShown.reason}' ELSE 'CANCELLED' END
    FROM stopped
    WHERE deliveries.message_id = stopped.message_id AND deliveries.gateway = stopped.gateway
      AND seq >= first_seq AND seq < first_seq + size AND deliveries.state = 'pending'
    RETURNING stopped.message_id, stopped.gateway, stopped.number, deliveries.state
  ), counted AS (
    SELECT message_id, gateway, number, count(*) FILTER (WHERE state = 'skipped') AS skipped,
      count(*) FILTER (WHERE state = '${mayHaveBeenShown.state}') AS failed
    FROM ended GROUP BY 1, 2, 3
  )
  UPDATE chunks SET state = 'finished', owner = NULL,
    skipped = chunks.skipped + coalesce(counted.skipped, 0),
    failed = chunks.failed + coalesce(counted.failed, 0)
  FROM stopped LEFT JOIN counted USING (message_id, gateway, number)
  WHERE chunks.message_id = stopped.message_id AND chunks.gateway = stopped.gateway
    AND chunks.number = stopped.number`;
