import { apnsMessage } from './apns-payload';
import { assertWellWritten } from './content-rules';
import { fcmMessage } from './fcm-payload';
import type { MessageContent } from './message';

/** Checks a message against both gateways before it is stored. @throws InvalidMessageError */
export function validateContent(content: MessageContent): void {
  apnsMessage(content);
  fcmMessage(content);
  assertWellWritten(content);
}
