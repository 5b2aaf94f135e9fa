// @ts-check
/** People and what they may do: the JSON types of api/person.go, field for field. */

/** @typedef {"officer"|"principal"|"observer"|"administrator"} Role */

/**
 * Who uses a console. Without an id it is nobody in particular.
 * @typedef {object} Person
 * @property {string} [id]
 * @property {string} [name]
 * @property {Role[]} roles
 */

export {};
