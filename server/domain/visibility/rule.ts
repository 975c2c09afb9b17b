/** The shape of capability/rules/visibility.json: who may know of a record, as data. */

export type CircleRule = {
  readonly because: string
  readonly type: string
  /** Only while the record has one of these statuses. */
  readonly status?: readonly string[]
  /** Only when each of these elements has one of its codes. */
  readonly where?: readonly CodeCondition[]
  /** Elements that hold references to the agencies that join the circle. */
  readonly agency: readonly string[]
  /** The agencies do not join the circle: they are out of it while this holds, whatever else makes them members. */
  readonly deny?: true
  /** No denial takes this membership away, but in the circle of a survivor that the record was merged into. */
  readonly undeniable?: true
  /** A Period that bounds the membership. */
  readonly period?: string
  /** Who gave the record: for a RelatedPerson it holds only as long as `authority` says. */
  readonly performer?: string
  /** Codings that name restricted classes opened to these agencies. */
  readonly classes?: string
}

/** An element whose value is one of the codes: a code, or a Coding of the system. */
export type CodeCondition = { readonly path: string; readonly system?: string; readonly codes: readonly string[] }

export type ClassRule = {
  /** A data-sharing agreement between the recipient and the wage agency is needed as well as the consent. */
  readonly agreement: boolean
  /** Roles that see the class without consent. */
  readonly always: readonly string[]
}

/** Elements that refer to agencies. */
export type LabelledRule = { readonly holder: string; readonly parties: readonly string[] }

/** Records that have this coding. */
export type LookupRule = {
  readonly because: string
  readonly type: string
  readonly coding: string
  readonly system: string
  readonly code: string
}

/** Whether an authority ends when the participant comes of age, unless it begins later. */
export type AuthorityRule = { readonly endsAtMajority: boolean }

/** Each offered type has exactly one row in `participant`, `parties` or `everyone` (check.ts). */
export type VisibilityRule = {
  /** Per type, the element that names the participant; `self` for the participant itself. */
  readonly participant: Readonly<Record<string, string>>
  readonly circle: readonly CircleRule[]
  /** Who may consent for a participant. */
  readonly authority: {
    readonly type: string
    /** In years. */
    readonly ageOfMajority: number
    /** The code system of the relationships, and those of them that are an authority. */
    readonly system: string
    readonly relationships: Readonly<Record<string, AuthorityRule>>
    /** By a code of CodeSystem/authority-basis: outweighs what the relationship says. */
    readonly bases: Readonly<Record<string, AuthorityRule>>
  }
  /** Types whose current author counts as having written the record, as its creator does. */
  readonly author: readonly string[]
  readonly classes: Readonly<Record<string, ClassRule>>
  /**
   * Per type whose records are the work of several agencies: of a restricted one, whose class it carries, and the parties
   * that know of it while they are in the circle.
   */
  readonly labelled: Readonly<Record<string, LabelledRule>>
  /** Per type, the element that names restricted classes: the record is known only where its classes are. */
  readonly names: Readonly<Record<string, string>>
  readonly agreement: {
    readonly type: string
    readonly status: readonly string[]
    readonly parties: string
    readonly period: string
    readonly category: string
  }
  /** Types that their owner, the agencies under these elements and the board may know of. */
  readonly parties: Readonly<Record<string, readonly string[]>>
  /** Types that every agency may know of. */
  readonly everyone: readonly string[]
  /** Records of the board, of a type in `participant` but about no participant, that every agency may know of. */
  readonly lookups: readonly LookupRule[]
}
