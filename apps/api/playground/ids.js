// The ids that answers told last, with which the examples go on. They are kept for as long as the browser's tab lives.

const storageKey = 'carillon:ids';

/** Which mutation makes what. */
const makers = { createApplication: 'application', createCampaign: 'campaign' };

/** As text, the first ones where none was told yet. */
export const latestIds = () => ({
  application: '1',
  campaign: '1',
  ...JSON.parse(sessionStorage.getItem(storageKey) ?? '{}'),
});

/** Looks what an answer of GraphQL tells. */
export function rememberIds({ data }) {
  const told = Object.entries(makers)
    .filter(([mutation]) => data?.[mutation]?.id !== undefined)
    .map(([mutation, what]) => [what, data[mutation].id]);
  if (told.length === 0) return;
  const ids = { ...latestIds(), ...Object.fromEntries(told) };
  sessionStorage.setItem(storageKey, JSON.stringify(ids));
}
