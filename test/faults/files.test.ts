import { DAMAGED_JOURNALS } from './damaged-journals.js';
import { testFaults } from './fault.js';
import { FILE_CALLS } from './file-calls.js';
import { POWER_CUTS } from './power-cuts.js';

testFaults([...FILE_CALLS, ...DAMAGED_JOURNALS, ...POWER_CUTS]);
