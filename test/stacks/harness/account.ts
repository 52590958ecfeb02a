/** Whose deployment the tests look at. */
export const account = "123456789012";
export const region = "eu-central-1";
