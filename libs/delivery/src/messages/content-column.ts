import type { MessageContent } from '@app/push';
import type { ValueTransformer } from 'typeorm';

type Stored = Omit<MessageContent, 'validUntil'> & { readonly validUntil?: string };

/**
 * Keeps TypeORM from copying and comparing content member by member, which loses or stumbles over custom data named
 * `constructor` or `hasOwnProperty`. An instance is passed on as it is.
 */
class OpaqueContent implements MessageContent {
  readonly silent = false;
}

export const opaque = (content: MessageContent): MessageContent =>
  Object.assign(new OpaqueContent(), content);

/** Turns `validUntil` into ISO text and back: jsonb knows no dates. */
export const contentColumn: ValueTransformer = {
  to: (content: MessageContent | undefined) => content,
  from: ({ validUntil, ...content }: Stored): MessageContent =>
    opaque(validUntil === undefined ? content : { ...content, validUntil: new Date(validUntil) }),
};
