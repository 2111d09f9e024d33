import type { ApolloPlugin } from '../graphql/policy/enforce-policy';
import { playgroundPage } from './playground-page';

/** Shows the playground to a browser that opens the API's path. */
export const landingPage: ApolloPlugin = {
  serverWillStart: () =>
    Promise.resolve({ renderLandingPage: () => Promise.resolve({ html: playgroundPage }) }),
};
