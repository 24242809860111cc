/** Holds numbers. */
export const MARGIN_COLUMN = 'ensemble_margin';
/** Columns that runs and commands add for all models together. No model may have one of them. */
export const ENSEMBLE_COLUMNS = ['ensemble_flag', MARGIN_COLUMN, 'ensemble_votes'] as const;
export const CONFIG_HASH_COLUMN = 'config_hash';
