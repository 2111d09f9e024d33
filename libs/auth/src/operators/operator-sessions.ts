import { randomUUID } from 'node:crypto';
import { addressBlock, Clock } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, IsNull, LessThan, MoreThan, Not } from 'typeorm';
import { OperatorSession } from './operator-session.entity';

/** Twelve hours: a working day and a bit. */
const sessionLifeSeconds = 43_200;

/** How long a session that has ended is kept, because it tells where its operator works. */
const memoryMs = 90 * 86_400_000;

/** Stores the logins of operators. A session that ends here ends everywhere within seconds, as `Standings` reads it. */
@Injectable()
export class OperatorSessions {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  async open(
    operatorId: string,
    address: string | undefined,
    manager: EntityManager,
  ): Promise<OperatorSession> {
    const now = this.clock.now();
    const forgotten = new Date(now.getTime() - memoryMs);
    await manager.delete(OperatorSession, { expiresAt: LessThan(forgotten) });
    return manager.save(OperatorSession, {
      id: randomUUID(),
      operatorId,
      createdAt: now,
      expiresAt: new Date(now.getTime() + sessionLifeSeconds * 1000),
      endedAt: null,
      address: address ?? null,
    });
  }

  /** Tells whether the operator of this e-mail, if there is one, has had a session at this address or near it. */
  async hasBeenAt(email: string, address: string): Promise<boolean> {
    const places = await this.dataSource.query<{ address: string }[]>(
      `SELECT DISTINCT s.address FROM operator_sessions s JOIN operators o ON o.id = s.operator_id
       WHERE o.email = $1 AND s.address IS NOT NULL`,
      [email],
    );
    const block = addressBlock(address);
    return places.some((place) => addressBlock(place.address) === block);
  }

  /** @returns undefined when the session has ended */
  async find(id: string): Promise<OperatorSession | undefined> {
    const found = await this.dataSource.manager.findOneBy(OperatorSession, {
      id,
      endedAt: IsNull(),
      expiresAt: MoreThan(this.clock.now()),
    });
    return found ?? undefined;
  }

  /** @returns whether it had not ended before */
  async end(id: string, manager: EntityManager): Promise<boolean> {
    const open = { id, endedAt: IsNull() };
    const { affected } = await manager.update(OperatorSession, open, { endedAt: this.clock.now() });
    return affected === 1;
  }

  /** @param exceptId the session that stays */
  async endAll(operatorId: string, manager: EntityManager, exceptId?: string): Promise<void> {
    await manager.update(
      OperatorSession,
      { operatorId, endedAt: IsNull(), ...(exceptId !== undefined && { id: Not(exceptId) }) },
      { endedAt: this.clock.now() },
    );
  }
}
