/** Primitive values: wrong by the format of their type, or right and merely different. */
import { isPrimitive, replace, type Mutator } from '../mutation.ts'

const byType = (name: string, values: Readonly<Record<string, readonly unknown[]>>): Mutator => ({
  name,
  edit(site, { random }) {
    const list = isPrimitive(site.value) && site.key !== 'resourceType' ? values[kindOf(site.type)] : undefined
    return list && replace(site, random.pick(list))
  },
})

// An id and the url of an extension are typed by FHIRPath (`http://hl7.org/fhirpath/System.String`).
const kindOf = (type = ''): string => (type.includes(':') ? 'id' : type)

const BAD_DATE = ['2021-02-30', '2021-13-01', '2021-00-10', '21-01-01', '2021/02/03', '03.02.2021', ' 2021', '2021-2-3']

const badDate = byType('bad date', {
  date: [...BAD_DATE, '2021-02-03T10:00:00Z', '', 'today', '2021-'],
  dateTime: [...BAD_DATE, '2021-02-03T10:00:00', '2021-02-03T10:00Z', '2021-02-03T25:00:00Z', '2021-02-03 10:00:00Z'],
  instant: [...BAD_DATE, '2021-02-03', '2021-02-03T10:00:00', '2021-02-03T10:00:00+15:00', '2021-02-03T10:60:00Z'],
  time: ['24:00:00', '9:00:00', '10:00', '10:00:00Z', '10:61:00', 'noon'],
})

const otherDate = byType('another date', {
  date: ['2020', '2020-02', '2020-02-29', '1899-12-31', '2031-01-01'],
  dateTime: ['2020', '2020-02', '2020-02-29', '2020-02-29T23:59:59Z', '2021-02-03T10:00:00.123+02:00', '2031-01-01'],
  instant: ['2020-02-29T23:59:59Z', '2021-02-03T10:00:00.123456+02:00', '2031-01-01T00:00:00-11:00'],
  time: ['23:59:59', '00:00:00', '10:00:00.125'],
})

const badFormat = byType('bad format', {
  base64Binary: ['a', 'a===', '%%%%', 'YWJj!', 'YWJj\nZGVm', 'YQ=', ''],
  boolean: ['true', 0, 'yes'],
  canonical: ['has space', '', ' https://state.example/a'],
  code: [' a', 'a ', 'a  b', '', '\ta'],
  decimal: ['1.5', '', 'NaN'],
  id: ['has space', 'under_score', 'x'.repeat(65), '', 'ä', 'a/b'],
  integer: [1.5, '7', 2147483648, -2147483649],
  markdown: ['', ' ', '   \n'],
  oid: ['urn:oid:1.', 'urn:oid:3.1', '1.2.3', 'urn:oid:', 'urn:oid:1.02'],
  positiveInt: [0, -1, 1.5, '3', 2147483648],
  string: ['', ' ', '   ', 'tab\u0000end', '\u0007'],
  unsignedInt: [-1, 0.5, '0'],
  uri: ['has space', '', 'urn:uuid:1234', 'urn:oid:01.2', ' http://state.example'],
  url: ['has space', '', 'urn:uuid:1234', ' http://state.example'],
  uuid: ['urn:uuid:1234', 'c757873d-ec9a-4326-a141-556f43239520', 'urn:uuid:C757873D-EC9A-4326-A141-556F43239520'],
})

const otherValue = byType('another value', {
  base64Binary: ['YWJj', 'YQ==', 'YWJj ZGVm'],
  boolean: [true, false],
  canonical: ['https://state.example/Questionnaire/a|1.0', 'https://state.example/a'],
  decimal: [0, -1.5, 1e3, 3.14159],
  id: ['a-1', 'A.b', 'x'.repeat(64)],
  integer: [0, -7, 2147483647],
  markdown: ['**bold** words', '<b>tags</b> in it', 'a\n\nb'],
  positiveInt: [1, 2147483647],
  string: ['other words', 'ä ö ü', 'a  b', ' begins with space', '<script>alert(1)</script>', 'x'.repeat(300)],
  unsignedInt: [0, 5],
  uri: [
    'https://state.example/a',
    'urn:oid:1.2.3',
    'urn:uuid:c757873d-ec9a-4326-a141-556f43239520',
    'mailto:a@b.example',
  ],
  url: ['https://state.example/a', 'mailto:a@b.example', 'ftp://state.example/x'],
})

export const DATES: readonly Mutator[] = [badDate]
export const FORMATS: readonly Mutator[] = [badFormat]
export const OTHER_VALUES: readonly Mutator[] = [otherDate, otherValue]
