/* A PKCS#11 module for tests: another module, and one fault at a time in front of it.
 *
 * FAULTS_MODULE is the module behind. FAULTS_DIR/fault is a line "FUNCTION VALUE TIMES":
 *   C_GetTokenInfo      VALUE is or-ed into the token's flags
 *   C_GetMechanismList  the mechanism VALUE is not listed
 *   C_GenerateKeyPair   the process dies when the pair is in the token (VALUE is not used)
 *   any other           the function answers VALUE in the place of the module behind
 * FAULTS_DIR/calls gets the name of every function below that is called.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long ul;
typedef ul (*function)();

struct list {
  unsigned char version[2];
  function functions[68];
};

enum { TOKEN_INFO = 6, MECHANISM_LIST = 7, OPEN_SESSION = 12, LOGIN = 18, DECRYPT = 34, SIGN = 43, GENERATE_KEY_PAIR = 59 };

static struct list behind, front;

static void path_of(char *path, size_t size, const char *name) {
  snprintf(path, size, "%s/%s", getenv("FAULTS_DIR"), name);
}

static void note(const char *name) {
  char path[512];
  path_of(path, sizeof path, "calls");
  FILE *calls = fopen(path, "a");
  if (!calls) abort();
  fprintf(calls, "%s\n", name);
  fclose(calls);
}

/* Whether the fault is for this function; it is then counted down. */
static int due(const char *name, ul *value) {
  char path[512], wanted[64];
  unsigned times = 0;
  path_of(path, sizeof path, "fault");
  FILE *fault = fopen(path, "r");
  if (!fault) return 0;
  int read = fscanf(fault, "%63s %lu %u", wanted, value, &times);
  fclose(fault);
  if (read != 3 || strcmp(wanted, name) || !times) return 0;
  fault = fopen(path, "w");
  if (!fault) abort();
  fprintf(fault, "%s %lu %u\n", wanted, *value, times - 1);
  fclose(fault);
  return 1;
}

static ul token_info(ul slot, unsigned char *info) {
  ul value, flags, answer = behind.functions[TOKEN_INFO](slot, info);
  if (!answer && due("C_GetTokenInfo", &value)) {
    memcpy(&flags, info + 96, sizeof flags);
    flags |= value;
    memcpy(info + 96, &flags, sizeof flags);
  }
  return answer;
}

static ul mechanism_list(ul slot, ul *list, ul *count) {
  ul value, answer = behind.functions[MECHANISM_LIST](slot, list, count);
  if (!answer && list && due("C_GetMechanismList", &value))
    for (ul i = 0; i < *count; i++)
      if (list[i] == value) list[i] = 0; /* CKM_RSA_PKCS_KEY_PAIR_GEN, which is there anyway */
  return answer;
}

static ul open_session(ul slot, ul flags, void *application, void *notify, ul *session) {
  ul value;
  note("C_OpenSession");
  return due("C_OpenSession", &value) ? value
                                      : behind.functions[OPEN_SESSION](slot, flags, application, notify, session);
}

static ul login(ul session, ul user, void *pin, ul length) {
  ul value;
  note("C_Login");
  return due("C_Login", &value) ? value : behind.functions[LOGIN](session, user, pin, length);
}

/* A failure ends the operation, so the module behind must end it too. */
static ul failing(int function, const char *name, ul session, void *in, ul length, void *out, ul *out_length) {
  static unsigned char waste[4096];
  ul value, wasted = sizeof waste;
  if (!due(name, &value)) return behind.functions[function](session, in, length, out, out_length);
  behind.functions[function](session, in, length, waste, &wasted);
  return value;
}

static ul decrypt(ul session, void *text, ul length, void *plain, ul *plain_length) {
  return failing(DECRYPT, "C_Decrypt", session, text, length, plain, plain_length);
}

static ul sign(ul session, void *data, ul length, void *signature, ul *signature_length) {
  return failing(SIGN, "C_Sign", session, data, length, signature, signature_length);
}

static ul generate_key_pair(ul session, void *mechanism, void *public, ul publics, void *private, ul privates,
                            ul *public_key, ul *private_key) {
  ul value;
  note("C_GenerateKeyPair");
  ul answer = behind.functions[GENERATE_KEY_PAIR](session, mechanism, public, publics, private, privates, public_key,
                                                  private_key);
  if (!answer && due("C_GenerateKeyPair", &value)) _exit(70);
  return answer;
}

ul C_GetFunctionList(struct list **list) {
  if (!front.functions[0]) {
    void *module = dlopen(getenv("FAULTS_MODULE"), RTLD_NOW | RTLD_LOCAL);
    if (!module) return 5; /* CKR_GENERAL_ERROR */
    function get = (function)dlsym(module, "C_GetFunctionList");
    struct list *theirs;
    ul answer = get(&theirs);
    if (answer) return answer;
    behind = *theirs;
    front = behind;
    front.functions[TOKEN_INFO] = (function)token_info;
    front.functions[MECHANISM_LIST] = (function)mechanism_list;
    front.functions[OPEN_SESSION] = (function)open_session;
    front.functions[LOGIN] = (function)login;
    front.functions[DECRYPT] = (function)decrypt;
    front.functions[SIGN] = (function)sign;
    front.functions[GENERATE_KEY_PAIR] = (function)generate_key_pair;
  }
  *list = &front;
  return 0;
}
