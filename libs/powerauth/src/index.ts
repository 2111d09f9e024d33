export { ApplicationDirectory } from './application-directory';
export { PowerAuthServerModule } from './powerauth-server.module';
