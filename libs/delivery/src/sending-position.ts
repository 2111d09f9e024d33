/** A place in a list of campaigns, notifications or deliveries by time: that of the message, which all of them have. */
export interface SendingPosition {
  /** When it was made, in microseconds since 1970: two digits more than a Date holds. */
  readonly at: string;
  /** Decides between those of one microsecond. */
  readonly messageId: string;
}

/** What a list by time shows, which knows where in the list it is. */
export type Placed<Item> = Item & SendingPosition;

/** SQL of a moment as `SendingPosition.at` has it. */
export const sqlMicroseconds = (column: string) =>
  `(extract(epoch FROM ${column}) * 1000000)::bigint::text`;

/** SQL of the moment that a parameter gives as `SendingPosition.at`. */
export const sqlMoment = (parameter: string) =>
  `(timestamptz 'epoch' + ${parameter}::bigint * interval '1 microsecond')`;

/** The position's two parameters. */
export const positionParameters = (position: SendingPosition | undefined) => [
  position?.at ?? null,
  position?.messageId ?? null,
];
