import type { CampaignInput } from '@app/campaigns';
import { contentOf, messageBody } from './message-requests';
import { positive, present, requestObject } from './reading/checks';
import { integer, list, object, text } from './reading/read-body';
import { DataIntegrityRefusal } from './reading/refusals';

const createCampaign = object({ appId: integer, message: messageBody });
const testCampaign = object({ userId: text });

export function readCreateCampaign(body: unknown): CampaignInput {
  const request = requestObject(body, createCampaign, 'Request object must not be empty');
  const applicationId = positive(request.appId, 'App ID');
  const content = contentOf(
    present(request.message, 'You must specify a push campaign message payload.'),
  );
  return { applicationId, name: nameOf(content.title), content, personal: false };
}

export function readUsers(body: unknown): string[] {
  return requestObject(body, list(text), 'Empty requestObject data').map((userId) => {
    if (userId !== null) return userId;
    throw new DataIntegrityRefusal('User ID must not be null.');
  });
}

export function readTestUser(body: unknown): string {
  const { userId } = requestObject(body, testCampaign, 'Request must not be null.');
  return present(userId, 'Request must contain a user ID.');
}

/** Names a campaign by its title: legacy campaigns have no name, and ours are found by one. */
function nameOf(title: string | undefined): string {
  return (
    Array.from(title?.trim() ?? '')
      .slice(0, 100)
      .join('')
      .trim() || 'Campaign'
  );
}
