import { ProfileNotFoundError, ProfilesService } from '@app/devices';
import { Injectable } from '@nestjs/common';
import { AmbiguousEmailError, InvalidAddresseeError } from './campaigns.errors';

/** The users that a list names. */
export interface FoundUsers {
  readonly userIds: readonly string[];
  /** E-mails that no profile has. */
  readonly unknownEmails: readonly string[];
}

/** One user, by his id or by an e-mail that only he has. */
export interface Addressee {
  readonly userId?: string | undefined;
  readonly email?: string | undefined;
}

/** Finds the users that ids and e-mails name. */
@Injectable()
export class Addressees {
  constructor(private readonly profiles: ProfilesService) {}

  /** @throws InvalidProfileError for a text that is no e-mail */
  async find(
    applicationId: number,
    userIds: readonly string[],
    emails: readonly string[],
  ): Promise<FoundUsers> {
    if (emails.length === 0) return { userIds, unknownEmails: [] };
    const found = await this.profiles.usersByEmail(applicationId, emails);
    return { ...found, userIds: [...userIds, ...found.userIds] };
  }

  /**
   * @returns the user's id
   * @throws InvalidAddresseeError, InvalidProfileError, ProfileNotFoundError, AmbiguousEmailError
   */
  async of(applicationId: number, { userId, email }: Addressee): Promise<string> {
    if (userId !== undefined && email === undefined) return userId;
    if (userId !== undefined || email === undefined) throw new InvalidAddresseeError();
    const { userIds } = await this.profiles.usersByEmail(applicationId, [email]);
    const [first, ...others] = userIds;
    if (first === undefined) throw new ProfileNotFoundError(email);
    if (others.length > 0) throw new AmbiguousEmailError();
    return first;
  }
}
