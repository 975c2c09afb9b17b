/** Nouns in sentences. */

/** `a Patient`, `an Organization`. */
export const withArticle = (noun: string): string => `${/^[AEIO]/i.test(noun) ? 'an' : 'a'} ${noun}`
