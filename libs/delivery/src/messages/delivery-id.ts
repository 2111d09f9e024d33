import { hash } from 'node:crypto';

/**
 * Computes the id that a delivery has for ever: UUIDv5 (RFC 9562 §5.5) of its message as namespace and its device as
 * name. A repeat after a crash therefore carries the same `apns-id`, collapse id and tag, and replaces what the user
 * sees.
 */
export class DeliveryIds {
  private readonly namespace: Buffer;

  constructor(messageId: string) {
    this.namespace = Buffer.from(messageId.replaceAll('-', ''), 'hex');
  }

  /** One buffer for each, for this is done with every send. */
  of(deviceId: string): string {
    const { namespace } = this;
    const name = Buffer.allocUnsafe(namespace.length + Buffer.byteLength(deviceId));
    namespace.copy(name);
    name.write(deviceId, namespace.length);
    const hex = hash('sha1', name, 'hex');
    const variant = ((parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  }
}
