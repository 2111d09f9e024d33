/** A place in a list of campaigns, notifications or deliveries by time: that of the message, which all of them have. */
export interface SendingPosition {
  /** The creation of the message in microseconds since 1970: two digits more than a Date holds. */
  readonly at: string;
  /** Decides between messages of one microsecond. */
  readonly messageId: string;
}

/** An item of a list by time, with its place in it. */
export type Placed<Item> = Item & SendingPosition;

/** Writes a moment in SQL as `SendingPosition.at` has it. */
export const sqlMicroseconds = (column: string) =>
  `(extract(epoch FROM ${column}) * 1000000)::bigint::text`;

/** Reads a moment in SQL from a parameter that has the form of `SendingPosition.at`. */
export const sqlMoment = (parameter: string) =>
  `(timestamptz 'epoch' + ${parameter}::bigint * interval '1 microsecond')`;

/** Returns the two parameters of a position. */
export const positionParameters = (position: SendingPosition | undefined) => [
  position?.at ?? null,
  position?.messageId ?? null,
];
