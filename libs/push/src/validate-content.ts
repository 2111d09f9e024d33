import { apnsMessage } from './apns/apns-payload';
import { assertWellWritten } from './content/content-rules';
import { fcmMessage } from './fcm/fcm-payload';
import type { MessageContent } from './content/message';

/** Checks a message against both gateways before it is stored. @throws InvalidMessageError */
export function validateContent(content: MessageContent): void {
  apnsMessage(content);
  fcmMessage(content);
  assertWellWritten(content);
}
