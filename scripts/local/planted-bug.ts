/** A change of one text in one file. */
export interface Edit {
  /** Path from the project's root. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

/**
 * A bug that somebody could make, and the tests that must catch it. One table for each part of the project lies under
 * tests/planted-bugs/; each exports `bugs`.
 */
export interface PlantedBug extends Edit {
  /** Kebab-case, unique over all tables. */
  readonly name: string;
  /** What the bug does, in one line. */
  readonly plants: string;
  /** Further changes, in other files, where one guard stands behind another and the bug is to lack both. */
  readonly also?: readonly Edit[];
  /** Part of the path of the tests that catch it, as `npm test -- PATTERN` takes it. */
  readonly tests: string;
  /** Regular expression over the titles of those that catch it. @default all tests of these files */
  readonly title?: string;
}
