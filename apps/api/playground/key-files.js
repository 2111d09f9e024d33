// Files of Apple, of Google and of OpenSSL, as what they are in the variables of a mutation.

/** @returns the members of an input that the file gives, or undefined where it is none of these */
export function membersOf(name, text) {
  if (/-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/.test(text)) {
    const keyId = /AuthKey_([A-Z0-9]{10})\.p8$/i.exec(name)?.[1];
    return { ...(keyId && { keyId }), privateKey: text };
  }
  if (/-----BEGIN ([A-Z]+ )?(PUBLIC KEY|CERTIFICATE)-----/.test(text)) return { publicKey: text };
  const { type, project_id: projectId } = parsed(text);
  return type === 'service_account' ? { projectId, serviceAccount: text } : undefined;
}

/** @returns the text of the variables with these members in their `input` */
export function withMembers(variables, members) {
  const given = parsed(variables);
  return JSON.stringify({ ...given, input: { ...given.input, ...members } }, null, 2);
}

function parsed(text) {
  try {
    return JSON.parse(text.replace(/^\ufeff/, '')) ?? {};
  } catch {
    return {};
  }
}
