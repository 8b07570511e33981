// Names of a journal's files: `<12 digits>.segment`, `<12 digits>.spare` for an emptied one that waits for reuse, and
// `prepare.tmp` for one that is being zeroed.

const segmentName = /^(\d{12})\.segment$/;
const spareName = /^\d{12}\.spare$/;
const digits = 12;

export const temporaryName = 'prepare.tmp';

export function segmentPath(directory: string, segment: number): string {
  return `${directory}/${String(segment).padStart(digits, '0')}.segment`;
}

export function sparePath(directory: string, segment: number): string {
  return `${directory}/${String(segment).padStart(digits, '0')}.spare`;
}

/** Segments by number, ascending, and the names of spares; everything else in the directory is left alone. */
export function sortNames(names: readonly string[]): {
  readonly segments: readonly number[];
  readonly spares: readonly string[];
} {
  const segments = names.flatMap((name) => {
    const match = segmentName.exec(name);
    return match ? [Number(match[1])] : [];
  });
  return { segments: segments.sort((a, b) => a - b), spares: names.filter((name) => spareName.test(name)) };
}
