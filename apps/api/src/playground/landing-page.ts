import type { ApolloPlugin } from '../graphql/policy/enforce-policy';
import { playgroundPage } from './playground-page';

/** What a browser that opens the API's path gets to see. */
export const landingPage: ApolloPlugin = {
  serverWillStart: () =>
    Promise.resolve({ renderLandingPage: () => Promise.resolve({ html: playgroundPage }) }),
};
