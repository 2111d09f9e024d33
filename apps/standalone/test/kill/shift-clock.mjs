// Loaded before a server's own code: its clock is wrong by CLOCK_OFFSET_MINUTES.
const offsetMs = Number(process.env.CLOCK_OFFSET_MINUTES) * 60_000;
const now = () => RightDate.now() + offsetMs;
const RightDate = Date;
globalThis.Date = new Proxy(RightDate, {
  apply: () => new RightDate(now()).toString(),
  construct: (target, args, self) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, self),
  get: (target, name, self) => (name === 'now' ? now : Reflect.get(target, name, self)),
});
