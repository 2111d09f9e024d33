import type { MessageContent } from '@app/push';
import type { ValueTransformer } from 'typeorm';

/** jsonb knows no dates: `validUntil` is ISO text there. */
export const contentColumn: ValueTransformer = {
  to: (content: MessageContent | undefined) => content,
  from: (stored: Omit<MessageContent, 'validUntil'> & { validUntil?: string }): MessageContent => {
    const { validUntil, ...content } = stored;
    return validUntil === undefined ? content : { ...content, validUntil: new Date(validUntil) };
  },
};
