import { type PushCaller, type PushSession, PushSessions } from '@app/auth';
import { DevicesService, type PushDetails, PushRegistrations } from '@app/devices';
import { Injectable } from '@nestjs/common';

/** Joins push sessions to the devices that they register: libs/auth knows no devices, libs/devices no sessions. */
@Injectable()
export class SessionDevices {
  constructor(
    private readonly sessions: PushSessions,
    private readonly registrations: PushRegistrations,
    private readonly devices: DevicesService,
  ) {}

  /**
   * Registers a session's device. A session has one: the device that it had before is given up.
   * @param named the session that the URL names, see `PushSessions.named`
   * @throws UnreachableAppError, InvalidDeviceError
   */
  async register(caller: PushCaller, named: PushSession, details: PushDetails): Promise<void> {
    const { actor, session } = caller;
    const device = await this.registrations.register(actor, session.applicationId, details);
    await this.sessions.setDevice(session, device.id);
    await this.giveUp(caller, [session, named], device.id);
  }

  /** Takes the user off the device; its other users keep it. */
  async remove(caller: PushCaller, named: PushSession): Promise<void> {
    await this.giveUp(caller, [caller.session, named]);
    await this.sessions.setDevice(caller.session, null);
  }

  private async giveUp(
    { actor }: PushCaller,
    sessions: readonly PushSession[],
    except?: string,
  ): Promise<void> {
    for (const id of new Set(sessions.map(({ deviceId }) => deviceId))) {
      if (id === null || id === except) continue;
      await this.devices.removeById(actor, id);
    }
  }
}
