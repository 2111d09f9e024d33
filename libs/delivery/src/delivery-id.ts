import { createHash } from 'node:crypto';

/**
 * A delivery's id for ever: UUIDv5 (RFC 9562 §5.5) of its message as namespace and its device as name. A repeat after
 * a crash therefore carries the same `apns-id`, collapse id and tag, and replaces what the user sees.
 */
export class DeliveryIds {
  private readonly namespace: Buffer;

  constructor(messageId: string) {
    this.namespace = Buffer.from(messageId.replaceAll('-', ''), 'hex');
  }

  of(deviceId: string): string {
    const hash = createHash('sha1').update(this.namespace).update(deviceId).digest();
    hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
    hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
    const hex = hash.toString('hex', 0, 16);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }
}
