import { ProfileNotFoundError, ProfilesService } from '@app/devices';
import { Injectable } from '@nestjs/common';
import { InvalidAddresseeError } from './campaigns.errors';

/** Who was found. */
export interface FoundUsers {
  readonly userIds: readonly string[];
  /** E-mails that no profile has. */
  readonly unknownEmails: readonly string[];
}

/** One user by his id, or all who have an e-mail. */
export interface Addressee {
  readonly userId?: string | undefined;
  readonly email?: string | undefined;
}

/** Finds out who is meant. */
@Injectable()
export class Addressees {
  constructor(private readonly profiles: ProfilesService) {}

  /** @throws InvalidProfileError for what is no e-mail */
  async find(
    applicationId: number,
    userIds: readonly string[],
    emails: readonly string[],
  ): Promise<FoundUsers> {
    if (emails.length === 0) return { userIds, unknownEmails: [] };
    const found = await this.profiles.usersByEmail(applicationId, emails);
    return { ...found, userIds: [...userIds, ...found.userIds] };
  }

  /** @returns the users' ids, at least one @throws InvalidAddresseeError, InvalidProfileError, ProfileNotFoundError */
  async of(
    applicationId: number,
    { userId, email }: Addressee,
  ): Promise<readonly [string, ...string[]]> {
    if (userId !== undefined && email === undefined) return [userId];
    if (userId !== undefined || email === undefined) throw new InvalidAddresseeError();
    const { userIds } = await this.profiles.usersByEmail(applicationId, [email]);
    const [first, ...others] = userIds;
    if (first === undefined) throw new ProfileNotFoundError(email);
    return [first, ...others];
  }
}
