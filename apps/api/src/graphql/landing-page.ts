import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { playgroundPage } from '../playground/playground-page';
import type { ApolloPlugin } from './policy/enforce-policy';

/** Shows the playground to a browser that opens the API's path. */
export const landingPage: ApolloPlugin = {
  serverWillStart: () =>
    Promise.resolve({ renderLandingPage: () => Promise.resolve({ html: playgroundPage }) }),
};

/** Answers a browser that opens the API's path as any other caller. Apollo would show a page of its own. */
export const noLandingPage = ApolloServerPluginLandingPageDisabled() as unknown as ApolloPlugin;
