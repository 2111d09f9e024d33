import { randomUUID } from 'node:crypto';
import { Clock } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, IsNull, LessThan, MoreThan, Not } from 'typeorm';
import { OperatorSession } from './operator-session.entity';

/** A working day and a bit. */
const sessionLifeSeconds = 43_200;

/** The logins of operators. What ends here ends everywhere within seconds, as `Standings` reads it. */
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
    await manager.delete(OperatorSession, { expiresAt: LessThan(now) });
    return manager.save(OperatorSession, {
      id: randomUUID(),
      operatorId,
      createdAt: now,
      expiresAt: new Date(now.getTime() + sessionLifeSeconds * 1000),
      endedAt: null,
      address: address ?? null,
    });
  }

  /** @returns undefined when it has ended */
  async find(id: string): Promise<OperatorSession | undefined> {
    const found = await this.dataSource.manager.findOneBy(OperatorSession, {
      id,
      endedAt: IsNull(),
      expiresAt: MoreThan(this.clock.now()),
    });
    return found ?? undefined;
  }

  async end(id: string, manager: EntityManager): Promise<void> {
    await manager.update(OperatorSession, { id, endedAt: IsNull() }, { endedAt: this.clock.now() });
  }

  /** @param exceptId the one that stays */
  async endAll(operatorId: string, manager: EntityManager, exceptId?: string): Promise<void> {
    await manager.update(
      OperatorSession,
      { operatorId, endedAt: IsNull(), ...(exceptId !== undefined && { id: Not(exceptId) }) },
      { endedAt: this.clock.now() },
    );
  }
}
