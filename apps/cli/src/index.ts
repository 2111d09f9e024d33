export type { Installation } from './installation';
export { ProgressBar } from './progress-bar';
export { runCommand } from './run-command';
