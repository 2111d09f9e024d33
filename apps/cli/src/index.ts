export { migrateDatabase } from './migrate-database';
export { ProgressBar } from './progress-bar';
export { runCommand } from './run-command';
