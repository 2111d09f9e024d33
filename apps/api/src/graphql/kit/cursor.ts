import type { PageRequest } from '@app/core';
import { InvalidInputError } from '../../http/invalid-input.error';

/** What each member of a position is of a text; undefined of one that it is never written as. */
type Members<Position> = {
  readonly [Name in keyof Position]: (text: string) => Position[Name] | undefined;
};

/** The cursors of a list, which hold the position of an item. Opaque, so that no client counts on what is in them. */
export class Cursor<Position extends object> {
  private readonly names: readonly (keyof Position & string)[];
  private readonly form: RegExp;

  /**
   * @param list tells its cursors from those of other lists
   * @param members by the names that they have in the items of the list; only the last may hold a colon
   */
  constructor(
    private readonly list: string,
    private readonly members: Members<Position>,
  ) {
    this.names = Object.keys(members) as (keyof Position & string)[];
    this.form = new RegExp(`^${list}${':([^:]*)'.repeat(this.names.length - 1)}:(.*)$`, 's');
  }

  write(position: Position): string {
    const place = [this.list, ...this.names.map((name) => String(position[name]))].join(':');
    return Buffer.from(place).toString('base64url');
  }

  /** @throws InvalidInputError for a cursor that is not of this list */
  requestOf({ first, after }: PageRequest<string>): PageRequest<Position> {
    return { first, after: after === undefined ? undefined : this.read(after) };
  }
  private read(cursor: string): Position {
    const place = this.form.exec(Buffer.from(cursor, 'base64url').toString());
    const values = this.names.map((name, n) => this.members[name](place?.[n + 1] ?? ''));
    if (place === null || values.includes(undefined)) {
      throw new InvalidInputError('after', 'wants a cursor of the same list');
    }
    return Object.fromEntries(this.names.map((name, n) => [name, values[n]])) as Position;
  }
}
