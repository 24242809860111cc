import { testFaults } from './fault.js';
import { KILLS } from './kills.js';
import { SIGNAL_FAULTS } from './signals.js';

testFaults([...SIGNAL_FAULTS, ...KILLS]);
