export { startInstalledPostgres as default } from './services';
