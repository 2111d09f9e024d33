import type { Received } from '../connection/receive-windows';
import type { RequestLine } from './request-fields';
import type { Outgoing } from '../connection/uploads';

/** The bytes of a request's content that are kept; what is beyond is only counted. */
const maxKeptBytes = 65_536;

/** A request that comes in or waits for its answer. */
export class ServerStream implements Outgoing, Received {
  credit = 0;
  unsent: Buffer | undefined;
  received = 0;
  /** Whether the request is whole. */
  ended = false;
  /** The bytes of the content so far. */
  contentBytes = 0;
  private readonly kept: Buffer[] = [];
  private keptBytes = 0;

  /**
   * @param missing what is missing of the content according to content-length; -1 if that is unknown
   */
  constructor(
    readonly id: number,
    readonly line: RequestLine,
    public missing: number,
  ) {}

  /** Adds content, of which a copy is kept. */
  add(content: Buffer): void {
    this.contentBytes += content.length;
    const more = content.subarray(0, maxKeptBytes - this.keptBytes);
    if (more.length === 0) return;
    this.kept.push(Buffer.from(more));
    this.keptBytes += more.length;
  }

  /** Adds the last of the content. @returns what was kept of all of it, as text */
  end(content: Buffer): string {
    this.ended = true;
    if (this.kept.length > 0) {
      this.add(content);
      return Buffer.concat(this.kept.splice(0)).toString();
    }
    this.contentBytes += content.length;
    return content.toString('utf8', 0, Math.min(content.length, maxKeptBytes));
  }
}
