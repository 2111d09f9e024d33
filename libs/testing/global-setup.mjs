import { services } from './services.mjs';

export default services.startServices;
