import { type Evaluation, OVERALL } from './evaluate-raters.js';

/** What a rater must reach; a limit that was not given is undefined. */
export interface Gates {
  readonly minF1?: number | undefined;
  readonly minRecall?: number | undefined;
  readonly minKappa?: number | undefined;
  /** Share of the labelled rows without a label of the rater. */
  readonly maxErrorRate?: number | undefined;
}

export interface GateResult {
  readonly rater: string;
  readonly gate: 'min-f1' | 'min-recall' | 'min-kappa' | 'max-error-rate';
  readonly limit: number;
  /** Null where it is not defined, which misses the gate. */
  readonly value: number | null;
  readonly passed: boolean;
}

/** Every gate for every rater of the evaluation. */
export function checkGates(evaluation: Evaluation, gates: Gates): GateResult[] {
  return evaluation.raters.flatMap((rater) => {
    const overall = rater.metrics.find((row) => row.tag === OVERALL);
    const least = (gate: GateResult['gate'], limit: number | undefined, value: number | null) =>
      limit === undefined
        ? []
        : [{ rater: rater.name, gate, limit, value, passed: value !== null && value >= limit }];
    const { maxErrorRate } = gates;
    const { errorRate } = rater;
    return [
      ...least('min-f1', gates.minF1, overall?.f1 ?? null),
      ...least('min-recall', gates.minRecall, overall?.recall ?? null),
      ...least('min-kappa', gates.minKappa, rater.kappa.value),
      ...(maxErrorRate === undefined
        ? []
        : [
            {
              rater: rater.name,
              gate: 'max-error-rate' as const,
              limit: maxErrorRate,
              value: errorRate,
              passed: errorRate !== null && errorRate <= maxErrorRate,
            },
          ]),
    ];
  });
}

export function renderGate({ rater, gate, limit, value, passed }: GateResult): string {
  const found = value === null ? 'is not defined' : `is ${value.toFixed(3)}`;
  const bound = gate === 'max-error-rate' ? 'at most' : 'at least';
  const name = {
    'min-f1': 'F1',
    'min-recall': 'recall',
    'min-kappa': 'kappa',
    'max-error-rate': 'error rate',
  }[gate];
  return `gate ${passed ? 'passed' : 'missed'}: ${name} of ${rater} ${found}, wanted ${bound} ${limit}`;
}
