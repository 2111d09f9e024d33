export { ApplicationDirectory, type ListedApplication } from './application-directory';
export { PowerAuthServerModule } from './powerauth-server.module';
