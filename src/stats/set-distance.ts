/** A set of tags, without duplicates. */
export type TagSet = readonly string[];

/** What tells two sets apart, whatever the order. */
export function tagSetKey(tags: TagSet): string {
  return JSON.stringify([...tags].sort());
}

function overlap(a: TagSet, b: TagSet): { shared: number; union: number } {
  const inB = new Set(b);
  const shared = a.filter((tag) => inB.has(tag)).length;
  return { shared, union: a.length + b.length - shared };
}

/** 1 - |A and B| / |A or B|; two empty sets are equal. */
export function jaccardDistance(a: TagSet, b: TagSet): number {
  const { shared, union } = overlap(a, b);
  return union === 0 ? 0 : 1 - shared / union;
}

/**
 * MASI (Passonneau 2006, "Measuring Agreement on Set-valued Items"): Jaccard's share times 1 for equal sets, 2/3 when
 * one holds the other, 1/3 when they overlap, 0 when they do not. Two empty sets are equal; nothing else is near an empty set.
 */
export function masiDistance(a: TagSet, b: TagSet): number {
  const { shared, union } = overlap(a, b);
  if (union === 0) return 0;
  const smaller = Math.min(a.length, b.length);
  const monotony = shared === union ? 1 : shared === smaller && shared > 0 ? 2 / 3 : shared > 0 ? 1 / 3 : 0;
  return 1 - (shared / union) * monotony;
}
