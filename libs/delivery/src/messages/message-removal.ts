import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationsService } from '@app/applications';
import { outside, UnitOfWork } from '@app/core';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Message } from './message.entity';
import { Messages } from './messages';
import { sqlMay } from './transitions';

/** A function that is called at each step on the way to a removal, in the transaction that takes the step. */
export type RemovalTrail = (step: 'cancel' | 'remove', manager: EntityManager) => Promise<void>;

const againMs = 100;

/** Removes messages with their deliveries, which no foreign key ties to them: there are too many of them. */
@Injectable()
export class MessageRemoval implements OnModuleInit {
  constructor(
    private readonly dataSource: DataSource,
    private readonly messages: Messages,
    private readonly applications: ApplicationsService,
  ) {}

  onModuleInit(): void {
    this.applications.onRemoval(removeDeliveriesOf);
  }

  /**
   * Removes a message with its deliveries, once no worker has any of it in hand. One that is under way is cancelled
   * first, so this may take as long as a worker takes to see that.
   */
  async remove(id: string, trail: RemovalTrail): Promise<void> {
    // In a unit of work, which may have changed it itself, nobody else would end this wait.
    const longestWait = UnitOfWork.current() === undefined ? '0' : '10s';
    while (!(await this.removeEnded(id, trail))) {
      // Workers have to see it.
      await outside(() => this.cancel(id, trail, longestWait));
      await outside(() => this.messages.endCancelled());
      if (await this.removeEnded(id, trail)) return;
      await sleep(againMs);
    }
  }

  private async cancel(id: string, trail: RemovalTrail, longestWait: string): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.query(`SELECT set_config('lock_timeout', $1, true)`, [longestWait]);
      if (await this.messages.changeIfAllowed(manager, id, 'cancel'))
        await trail('cancel', manager);
    });
  }

  /** Removes a message if no worker has any of it in hand. @returns whether it is gone */
  private async removeEnded(id: string, trail: RemovalTrail): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      // The chunks go with it.
      const [, removed] = await manager.query<[unknown, number]>(
        `DELETE FROM messages WHERE id = $1 AND ${sqlMay('remove')}
           AND NOT EXISTS (SELECT FROM chunks WHERE message_id = $1 AND state <> 'finished')`,
        [id],
      );
      if (removed === 0) return !(await manager.existsBy(Message, { id }));
      await manager.query('DELETE FROM deliveries WHERE message_id = $1', [id]);
      await trail('remove', manager);
      return true;
    });
  }
}

/** Removes an application's deliveries, once what sends to it or freezes an audience at this moment has ended. */
async function removeDeliveriesOf(applicationId: number, manager: EntityManager): Promise<void> {
  await manager.query('SELECT FROM applications WHERE id = $1 FOR UPDATE', [applicationId]);
  await manager.query('SELECT FROM messages WHERE application_id = $1 FOR UPDATE', [applicationId]);
  await manager.query(
    'DELETE FROM deliveries USING messages WHERE message_id = messages.id AND application_id = $1',
    [applicationId],
  );
}
