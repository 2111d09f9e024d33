import { contents } from './attack-contents';
import { headers } from './attack-headers';
import { rsaSwaps, unsigned, wrongSignatures } from './attack-signatures';
import { spellings } from './attack-spellings';
import type { Attack } from './forged-tokens';

/** The attacks on the form and the signature of a token of any class that is signed with RSA. */
export const rsaForms: Readonly<Record<string, readonly Attack[]>> = {
  'is spelt badly': spellings,
  'holds no claims': contents,
  'has no signature': unsigned,
  'has another algorithm': rsaSwaps,
  'has a wrong signature': wrongSignatures,
  'brings a key or rules along': headers,
};
