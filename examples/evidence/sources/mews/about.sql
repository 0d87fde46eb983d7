select enterprise_name as property, as_of_utc, fetched_through_utc
from about
