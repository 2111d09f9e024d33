import type { Message, MessageState } from './message.entity';
import { WrongStateError } from './messages.errors';

/**
 * What is done to messages: the states in which it may be done, and the state that it leads to, null where the message
 * is gone then. Every statement and every refusal follows from this table.
 */
const transitions = {
  change: { from: ['draft'], to: 'draft' },
  launch: { from: ['draft'], to: 'planning' },
  /**
   * Planning again reaches those who joined the audience since; what an operator paused or cancelled stays as it is.
   */
  planAgain: { from: ['draft', 'running', 'completed'], to: 'planning' },
  run: { from: ['planning'], to: 'running' },
  pause: { from: ['running'], to: 'paused' },
  resume: { from: ['paused'], to: 'running' },
  cancel: { from: ['planning', 'running', 'paused'], to: 'cancelled' },
  complete: { from: ['running'], to: 'completed' },
  remove: { from: ['draft', 'cancelled', 'completed'], to: null },
} as const satisfies Record<string, { from: readonly MessageState[]; to: MessageState | null }>;

/** A transition after which the message is still there. */
export type Transition = Exclude<keyof typeof transitions, 'change' | 'remove'>;

/** The columns that note the time when a message got into a state. */
const notes: Partial<Record<MessageState, string>> = {
  planning: 'launched_at = now(), completed_at = NULL',
  // What is planned without having been launched is launched when it is first run.
  running: 'launched_at = coalesce(messages.launched_at, now())',
  completed: 'completed_at = now()',
};

/** Tells in SQL whether something may be done to a row of `messages`. */
export const sqlMay = (verb: keyof typeof transitions) =>
  `messages.state IN (${transitions[verb].from.map((state) => `'${state}'`).join(', ')})`;

/** Begins an UPDATE of `messages` by a transition; `sqlMay` says of which rows. */
export function sqlDo(verb: Transition): string {
  const { to } = transitions[verb];
  const note = notes[to];
  return `UPDATE messages SET state = '${to}'${note === undefined ? '' : `, ${note}`}`;
}

/** Wants a message that is not launched. @throws WrongStateError */
export function assertChangeable({ state }: Message): void {
  const from: readonly MessageState[] = transitions.change.from;
  if (!from.includes(state)) throw new WrongStateError('change', state);
}
