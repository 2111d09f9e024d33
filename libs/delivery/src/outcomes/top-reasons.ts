import { Clock, freshFor } from '@app/core';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Messages } from '../messages/messages';

type Reasons = Awaited<ReturnType<Messages['reasons']>>;

/** How long reasons stay cached: reading them goes through all deliveries of a message, so those who watch one share them. */
const freshForMs = 5_000;

const most = 10;

/** Tells why deliveries of a message are not accepted, to those who watch it. */
@Injectable()
export class TopReasons {
  private readonly cache: LRUCache<string, Reasons>;

  constructor(messages: Messages, clock: Clock) {
    this.cache = new LRUCache<string, Reasons>({
      max: 100,
      ...freshFor(clock, freshForMs),
      fetchMethod: async (key) => (await messages.reasons(key.slice(0, 36))).slice(0, most),
    });
  }

  /** Returns the most frequent reasons, at most some seconds old. @param isOver whether they are final and must be complete */
  async of(messageId: string, isOver: boolean): Promise<Reasons> {
    return (await this.cache.fetch(isOver ? `${messageId} over` : messageId)) ?? [];
  }
}
