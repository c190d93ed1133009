//! Who redeems a refresh token.

use model::{RequestId, Secret};
use oauth::client::{BROKER, COMPANY_PORTAL};
use oauth::refresh::{Refresh, request, request_as};

#[test]
fn each_client_redeems_its_own_token_for_a_resource() {
    let authority = "login.microsoftonline.com".parse().unwrap();
    let refresh_token = Secret::new("0.A/+x".to_owned());
    let order = Refresh {
        authority: &authority,
        tenant: "22222222-aaaa-4bbb-8ccc-333333333333".parse().unwrap(),
        refresh_token: &refresh_token,
        resource: "d4ebce55-015a-49b5-a083-c84d1797ae8c",
        request_id: RequestId::new("11112222-3333-4444-5555-666677778888".parse().unwrap()),
    };
    for (made, client) in [(request(&order), BROKER), (request_as(COMPANY_PORTAL, &order), COMPANY_PORTAL)] {
        let form = format!(
            "client_id={client}&grant_type=refresh_token&refresh_token=0.A%2F%2Bx&scope=openid+profile+\
             offline_access+d4ebce55-015a-49b5-a083-c84d1797ae8c%2F.default&client_info=1"
        );
        assert_eq!(made.body(), form.as_bytes());
        assert_eq!(
            made.uri(),
            "https://login.microsoftonline.com/22222222-aaaa-4bbb-8ccc-333333333333/oauth2/v2.0/token"
        );
    }
}
