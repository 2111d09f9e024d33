import { type Actor, addressBlock, DomainError, Slots } from '@app/core';
import { GraphQLError } from 'graphql';

/** The operations of one caller that run at once in a process: fewer than the database has connections for all. */
const mostRunning = 8;

/** The operations of one caller that wait for those. */
const mostWaiting = 200;

class TooManyOperationsError extends DomainError {
  readonly kind = 'rate_limited';
  readonly code = 'TOO_MANY_OPERATIONS';

  constructor() {
    super(`A caller may have ${mostRunning + mostWaiting} operations under way at once`);
  }
}

interface Line {
  readonly slots: Slots;
  /** Those that run and those that wait. */
  length: number;
}

/** Lets each caller have a number of operations run at once, so that others find the server free; the rest wait in line. */
export class OperationsAtOnce {
  private readonly lines = new Map<string, Line>();

  /**
   * Waits for the turn of an operation.
   * @returns what ends it
   * @throws GraphQLError with code TOO_MANY_OPERATIONS when too many wait already
   */
  async begin(actor: Actor): Promise<() => void> {
    const name = nameOf(actor);
    const line = this.lines.get(name) ?? { slots: new Slots(() => mostRunning), length: 0 };
    if (line.length >= mostRunning + mostWaiting) throw refusal();
    this.lines.set(name, line);
    line.length++;
    await line.slots.take();
    return () => {
      line.slots.free();
      line.length--;
      if (line.length === 0) this.lines.delete(name);
    };
  }
}

/** Names a caller; one who has shown nothing is as good as others near him. */
const nameOf = (actor: Actor) =>
  actor.kind === 'anonymous' ? `anonymous ${addressBlock(actor.address ?? '')}` : actor.caller;

function refusal(): GraphQLError {
  const originalError = new TooManyOperationsError();
  return new GraphQLError(originalError.message, {
    originalError,
    extensions: { http: { status: 429 } },
  });
}
